namespace MetaML.PriorFitting.Prior;

/// <summary>A made-up table. The first rows are the support, the others the query.</summary>
/// <param name="Features">Row-major [rows, <paramref name="Width"/>]; NaN is missing.</param>
/// <param name="Width">The number of features.</param>
/// <param name="Labels">A class from 0, or a number, for each row.</param>
/// <param name="Classes">The number of classes; 0 for numeric labels.</param>
/// <param name="Support">The number of rows of the support.</param>
internal sealed record MadeTable(float[] Features, int Width, float[] Labels, int Classes, int Support);
