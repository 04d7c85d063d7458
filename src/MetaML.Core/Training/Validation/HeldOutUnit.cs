namespace MetaML.Training.Validation;

/// <summary>Held-out rows whose losses are averaged before learners are compared: a task, or the rows of a task that one fold holds out.</summary>
/// <param name="Task">The number of the task, over all problems.</param>
/// <param name="Fold">0 if whole tasks are held out; else the number of the fold, from 1.</param>
/// <param name="ConstantLoss">The loss of the best constant score for the task: 1 for values, the entropy of labels for classes.</param>
internal readonly record struct HeldOutUnit(int Task, int Fold = 0, double ConstantLoss = 1);
