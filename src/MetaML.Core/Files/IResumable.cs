namespace MetaML.Files;

/// <summary>A part of training that remembers something from one outer step to the next.</summary>
internal interface IResumable
{
    /// <summary>Gives all that it remembers, or takes it back: each number in turn, in an order that never depends on their values.</summary>
    /// <param name="state">Says which; a part need not know.</param>
    void Exchange(StateExchange state);
}
