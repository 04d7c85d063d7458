namespace MetaML.Files;

/// <summary>A part of training with state that lasts from one outer step to the next.</summary>
internal interface IResumable
{
    /// <summary>Saves or restores the whole state. The order of the numbers must not depend on their values.</summary>
    /// <param name="state">Determines whether the numbers are saved or restored; the code is the same for both.</param>
    void Exchange(StateExchange state);
}
