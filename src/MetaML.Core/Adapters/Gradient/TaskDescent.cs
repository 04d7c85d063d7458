using System.Numerics;
using System.Numerics.Tensors;
using MetaML.Encoders.Mlp;
using MetaML.Numerics;

namespace MetaML.Adapters.Gradient;

/// <summary>The inner steps of one task, its query loss, and the derivatives of the query loss by the initial parameters, the rates and the features.</summary>
/// <remarks>
/// P are all parameters. E maps φ into them: to its offsets, or to the shift of a bias. A step is P ← P − E (α ⊙ clip(Eᵀ g(P))).
/// The derivatives p by P are propagated back through one step after the other: p ← p + H E v. Here v is (α ⊙ −Eᵀ p) multiplied
/// by the derivative of the clipping, so that no array is larger than P. The data of a task stay in the processor's cache from
/// its first step to its last derivative. Not thread-safe.
/// </remarks>
/// <typeparam name="T">Single or double precision.</typeparam>
internal sealed class TaskDescent<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DescentPlan _plan;
    private readonly T _largestNorm;
    private readonly int _count; // number of values of P
    private readonly T[][] _steps; // a pass over the support for each step
    private readonly T[] _tangent;
    private readonly T[][] _queries; // the last one is after the last step
    private readonly T[] _innerGradients; // [steps, values of φ]
    private readonly T[] _clips; // [steps]
    private readonly T[] _move; // like φ
    private readonly T[] _byParameters; // by P, then by the map of a context
    private readonly T[] _byRates;
    private readonly T[] _bySupport;
    private readonly T[] _byQuery;

    /// <param name="plan">The steps.</param>
    /// <param name="supportRows">Number of support rows.</param>
    /// <param name="queryRows">Number of query rows.</param>
    /// <param name="outputs">Number of outputs of the head.</param>
    /// <param name="rates">Number of all rates.</param>
    /// <param name="isDifferentiated">Whether to compute derivatives.</param>
    public TaskDescent(DescentPlan plan, int supportRows, int queryRows, int outputs, int rates, bool isDifferentiated)
    {
        _plan = plan;
        _largestNorm = T.CreateChecked(plan.MaximumGradientNorm);
        Support = new MlpPass<T>(plan.Network, plan.Kind, supportRows, outputs);
        Query = new MlpPass<T>(plan.Network, plan.Kind, queryRows, outputs);
        _count = Support.Count;
        T[][] Passes(int count, int size, bool areSeparate) => areSeparate
            ? [.. Enumerable.Range(0, count).Select(_ => new T[size])]
            : [.. Enumerable.Repeat(new T[size], count)]; // all passes reuse one array
        _steps = Passes(plan.Steps, Support.Size, isDifferentiated);
        _queries = Passes(plan.QueryPasses, Query.Size, areSeparate: true);
        _tangent = isDifferentiated ? new T[Support.Size] : [];
        (_innerGradients, _clips, _move) = (new T[plan.Steps * plan.Count], new T[plan.Steps], new T[plan.Count]);
        SteppedPart context = plan.Parts.FirstOrDefault(part => part.ShiftCount > 0);
        _byParameters = new T[_count + context.Count * context.ShiftCount];
        _byRates = new T[rates];
        (_bySupport, _byQuery) = plan.IsByFeatures ? (new T[supportRows * plan.Network.FeatureCount], new T[queryRows * plan.Network.FeatureCount]) : ([], []);
    }

    /// <summary>The passes over the support. Its rows must be set before each run.</summary>
    public MlpPass<T> Support { get; }

    /// <summary>The passes over the query rows. Its rows must be set before each run.</summary>
    public MlpPass<T> Query { get; }

    /// <summary>Number of all parameters, with the map of a context.</summary>
    public int ParameterCount => _byParameters.Length;

    /// <summary>All parameters after the last step.</summary>
    public ReadOnlySpan<T> End => Query.Parameters(_queries[^1]);

    /// <summary>The derivatives of the outer loss by the parameters of the network, of the head, and the map of a context.</summary>
    public ReadOnlySpan<T> ByParameters => _byParameters;

    /// <summary>The derivatives of the outer loss by the rates.</summary>
    public ReadOnlySpan<T> ByRates => _byRates;

    /// <summary>The derivatives of the outer loss by the features of the support; empty unless the plan asks for them.</summary>
    public ReadOnlySpan<T> BySupport => _bySupport;

    /// <summary>The derivatives of the outer loss by the features of the query rows; empty unless the plan asks for them.</summary>
    public ReadOnlySpan<T> ByQuery => _byQuery;

    /// <summary>The scores of the query rows.</summary>
    /// <param name="pass">The index of the query pass.</param>
    public ReadOnlySpan<T> Scores(int pass) => Query.Scores(_queries[pass]);

    /// <summary>Runs the inner steps.</summary>
    /// <param name="parameters">All parameters, then the map of a context: [context, units].</param>
    /// <param name="rates">α.</param>
    /// <param name="dropout">The dropout masks of the hidden layers, first for each step and then for each query pass; empty for no dropout.</param>
    public void Descend(ReadOnlySpan<T> parameters, ReadOnlySpan<T> rates, T[][][] dropout)
    {
        ReadOnlySpan<T> map = parameters[_count..];
        parameters[.._count].CopyTo(_steps[0]);
        for (int s = 0; s < _plan.Steps; s++)
        {
            Support.Drop(Of(dropout, s));
            Support.Run(_steps[s]);
            Span<T> innerGradient = InnerGradient(s);
            ToStepped(Support.Gradient(_steps[s]), map, innerGradient);
            _clips[s] = Clip(innerGradient);
            Multiply(innerGradient, rates, s, _clips[s], _move);
            int pass = s + _plan.QueryPasses - _plan.Steps;
            Span<T> next = s + 1 < _plan.Steps ? _steps[s + 1] : _queries[^1];
            _steps[s].AsSpan(0, _count).CopyTo(next);
            AddStepped(_move, map, next, subtracts: true);
            if (pass < 0)
                continue;
            next[.._count].CopyTo(_queries[pass]);
            Query.Drop(Of(dropout, _plan.Steps + pass));
            Query.Run(_queries[pass], isScoreOnly: _tangent.Length == 0 || _plan.IsReptile, _plan.IsByFeatures);
        }
    }

    /// <summary>Computes the derivatives. <see cref="Descend"/> must run first, with the same arguments.</summary>
    public void Differentiate(ReadOnlySpan<T> parameters, ReadOnlySpan<T> rates, T[][][] dropout)
    {
        ReadOnlySpan<T> map = parameters[_count..];
        foreach (T[] sum in (T[][])[_byParameters, _byRates, _bySupport, _byQuery])
            Array.Clear(sum);
        Span<T> by = _byParameters.AsSpan(0, _count), byMap = _byParameters.AsSpan(_count);
        if (_plan.IsReptile)
        {
            TensorPrimitives.Subtract(parameters[.._count], End, by); // 0 for parameters that do not step
            return;
        }

        var earlier = T.CreateChecked(_plan.EarlierStepWeight);
        AddQuery(_plan.QueryPasses - 1, StepWeights.OfLast(_plan.QueryPasses - 1, earlier));
        for (int s = _plan.Steps - 1; s >= 0; s--)
        {
            ReadOnlySpan<T> innerGradient = InnerGradient(s);
            ToStepped(by, map, _move);
            TensorPrimitives.Negate(_move, _move);
            AddByRates(innerGradient, _clips[s], s);
            if (!byMap.IsEmpty)
                AddByMap(innerGradient, rates, s, by, byMap);
            Multiply(_move, rates, s, _clips[s], _move);
            if (!_plan.IsFirstOrder)
            {
                if (_clips[s] < T.One)
                    BackThroughClip(innerGradient, _clips[s], _move);
                Span<T> direction = Support.Parameters(_tangent);
                direction.Clear();
                AddStepped(_move, map, direction, subtracts: false);
                Support.Drop(Of(dropout, s));
                Support.HessianVectorProduct(_steps[s], _tangent, _plan.IsByFeatures);
                TensorPrimitives.Add(by, Support.Gradient(_tangent), by);
                if (_plan.IsByFeatures)
                    TensorPrimitives.Add(_bySupport, Support.ByFeatures(_tangent), _bySupport);
                if (!byMap.IsEmpty)
                    AddByMap(Support.Gradient(_steps[s]), byMap);
            }

            if (s > 0 && _plan.QueryPasses > 1)
                AddQuery(s - 1, earlier);
        }
    }

    private static T[][] Of(T[][][] dropout, int pass) => dropout.Length == 0 ? [] : dropout[pass];

    private void AddQuery(int pass, T weight)
    {
        Span<T> by = _byParameters.AsSpan(0, _count);
        TensorPrimitives.MultiplyAdd(Query.Gradient(_queries[pass]), weight, by, by);
        if (_plan.IsByFeatures)
            TensorPrimitives.MultiplyAdd(Query.ByFeatures(_queries[pass]), weight, _byQuery, _byQuery);
    }

    private Span<T> InnerGradient(int step) => _innerGradients.AsSpan(step * _plan.Count, _plan.Count);

    // Eᵀ: converts derivatives by the parameters to derivatives by φ.
    private void ToStepped(ReadOnlySpan<T> byParameters, ReadOnlySpan<T> map, Span<T> stepped)
    {
        int offset = 0;
        foreach (SteppedPart part in _plan.Parts)
        {
            if (part.ShiftCount == 0)
                byParameters.Slice(part.Offset, part.Count).CopyTo(stepped[offset..]);
            for (int k = 0; k < part.Count && part.ShiftCount > 0; k++)
                stepped[offset + k] = OrderedSum.OfProducts(byParameters.Slice(part.Offset, part.ShiftCount), map.Slice(k * part.ShiftCount, part.ShiftCount));
            offset += part.Count;
        }
    }

    // E: adds the values of φ to the parameters, or subtracts them.
    private void AddStepped(ReadOnlySpan<T> stepped, ReadOnlySpan<T> map, Span<T> parameters, bool subtracts)
    {
        int offset = 0;
        foreach (SteppedPart part in _plan.Parts)
        {
            ReadOnlySpan<T> values = stepped.Slice(offset, part.Count);
            Span<T> target = parameters.Slice(part.Offset, Math.Max(part.Count, part.ShiftCount));
            if (part.ShiftCount == 0 && subtracts)
                TensorPrimitives.Subtract(target, values, target);
            else if (part.ShiftCount == 0)
                TensorPrimitives.Add(target, values, target);
            for (int k = 0; k < part.Count && part.ShiftCount > 0; k++)
                TensorPrimitives.MultiplyAdd(map.Slice(k * part.ShiftCount, part.ShiftCount), subtracts ? -values[k] : values[k], target, target);
            offset += part.Count;
        }
    }

    // min(1, c / ‖g‖). GradientAdapter.Clip is the same in libtorch, for encoders without steps in managed code; BatchDescentTests
    // compares the two.
    private T Clip(ReadOnlySpan<T> innerGradient)
    {
        T norm = T.Sqrt(OrderedSum.OfProducts(innerGradient, innerGradient));
        if (!T.IsFinite(norm)) // the sum of squares overflowed, or a value is not finite
        {
            double sum = 0;
            foreach (T value in innerGradient)
                sum += double.CreateChecked(value) / _plan.MaximumGradientNorm * (double.CreateChecked(value) / _plan.MaximumGradientNorm);
            return T.CreateChecked(1 / Math.Sqrt(Math.Max(1, sum)));
        }

        return norm > _largestNorm ? _largestNorm / norm : T.One;
    }

    // x ← x − ĝ (ĝ · x) with ĝ = g / ‖g‖. The factor is c / ‖g‖, and x is already multiplied by it.
    private void BackThroughClip(ReadOnlySpan<T> innerGradient, T factor, Span<T> move)
    {
        T inverse = factor / _largestNorm;
        TensorPrimitives.MultiplyAdd(innerGradient, -inverse * (inverse * OrderedSum.OfProducts<T>(innerGradient, move)), move, move);
    }

    // factor · α ⊙ values
    private void Multiply(ReadOnlySpan<T> values, ReadOnlySpan<T> rates, int step, T factor, Span<T> products)
    {
        int offset = 0;
        foreach (SteppedPart part in _plan.Parts)
        {
            int rate = step * _plan.RatesPerStep + part.Rate;
            ReadOnlySpan<T> from = values.Slice(offset, part.Count);
            Span<T> to = products.Slice(offset, part.Count);
            if (part.HasRatePerValue)
            {
                TensorPrimitives.Multiply(from, rates.Slice(rate, part.Count), to);
                if (factor != T.One)
                    TensorPrimitives.Multiply(to, factor, to);
            }
            else
            {
                TensorPrimitives.Multiply(from, rates[rate] * factor, to);
            }

            offset += part.Count;
        }
    }

    // clip(g) ⊙ −Eᵀp. _move holds −Eᵀp.
    private void AddByRates(ReadOnlySpan<T> innerGradient, T clip, int step)
    {
        int offset = 0;
        foreach (SteppedPart part in _plan.Parts)
        {
            int rate = step * _plan.RatesPerStep + part.Rate;
            ReadOnlySpan<T> gradient = innerGradient.Slice(offset, part.Count), by = _move.AsSpan(offset, part.Count);
            if (!part.HasRatePerValue)
                _byRates[rate] += clip * OrderedSum.OfProducts(gradient, by);
            for (int i = 0; i < part.Count && part.HasRatePerValue; i++)
                _byRates[rate + i] += clip * gradient[i] * by[i];
            offset += part.Count;
        }
    }

    // A step Δ of a context shifts the bias by −Δ M. The derivative by M is −Δᵀ p.
    private void AddByMap(ReadOnlySpan<T> innerGradient, ReadOnlySpan<T> rates, int step, ReadOnlySpan<T> by, Span<T> byMap)
    {
        SteppedPart context = _plan.Parts[0];
        for (int k = 0; k < context.Count; k++)
        {
            T rate = rates[step * _plan.RatesPerStep + context.Rate + (context.HasRatePerValue ? k : 0)];
            Span<T> row = byMap.Slice(k * context.ShiftCount, context.ShiftCount);
            TensorPrimitives.MultiplyAdd(by.Slice(context.Offset, context.ShiftCount), -_clips[step] * rate * innerGradient[k], row, row);
        }
    }

    // The gradient of a context is M g. The derivative by M is v gᵀ, and _move holds v.
    private void AddByMap(ReadOnlySpan<T> gradient, Span<T> byMap)
    {
        SteppedPart context = _plan.Parts[0];
        for (int k = 0; k < context.Count; k++)
        {
            Span<T> row = byMap.Slice(k * context.ShiftCount, context.ShiftCount);
            TensorPrimitives.MultiplyAdd(gradient.Slice(context.Offset, context.ShiftCount), _move[k], row, row);
        }
    }
}
