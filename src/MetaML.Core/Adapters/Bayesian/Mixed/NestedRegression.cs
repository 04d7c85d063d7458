using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Tasks in groups, which may lie in groups in turn: the head of a task is X(u)β + x + d, where x is the sum of the deviations of its groups.</summary>
/// <remarks>
/// <para>The likelihood of a task, with d integrated out, is a quadratic form of β and x (<see cref="HeadDeviation"/>). The forms of the tasks of a group add up to a form of β and
/// the x of the group, from which the group's own deviation is integrated out in the same way, and so on up to a form of β alone. The posteriors of the deviations follow on the way
/// back. The cost is linear in the number of tasks. Without covariates β and x enter as a sum, so that the forms are those of β + x.</para>
/// </remarks>
internal sealed class NestedRegression
{
    // A direction of β that no row determines stays as it is.
    private const double RelativeRidge = 1e-11;

    private readonly MixedDesign _design;
    private readonly QuadraticForm[] _forms; // of tasks
    private readonly int[][] _parents; // the parent of each node of a level; of tasks first
    private readonly int _size; // of β
    private readonly int _offset; // of x among the values of a form
    private readonly int[] _dimensions; // of a form that deviate

    /// <param name="tasks">The training tasks, with one output.</param>
    /// <param name="design">The coefficients.</param>
    /// <param name="parents">The number of the innermost group of each task; then the number of the outer group of each innermost group, and so on.</param>
    public NestedRegression(IReadOnlyList<MixedTask> tasks, MixedDesign design, int[][] parents)
    {
        _design = design;
        _parents = parents;
        _size = design.Size;
        _offset = design.Covariates == 0 ? 0 : _size;
        _dimensions = Array.ConvertAll(design.Varying, j => _offset + j);
        _forms = [.. tasks.AsParallel().AsOrdered().Select(task => design.Covariates == 0 ? task.Form : Lift(task))];
        Weight = tasks.Sum(task => task.Evidence.Weight);
    }

    /// <summary>The sum of the weights of all rows.</summary>
    public double Weight { get; }

    /// <summary>Number of levels, tasks included.</summary>
    public int Levels => _parents.Length + 1;

    /// <summary>Integrates the deviations of all levels out.</summary>
    /// <param name="roots">L of the Σ̃ of each level, of tasks first.</param>
    /// <exception cref="ArithmeticException">A system is singular in double precision.</exception>
    public Integrated Integrate(double[][] roots)
    {
        var nodes = new HeadDeviation[Levels][];
        var sums = new QuadraticForm[Levels][];
        sums[0] = _forms;
        for (int level = 0; level < Levels; level++)
        {
            HeadDeviation[] deviations = new HeadDeviation[sums[level].Length];
            QuadraticForm[] forms = sums[level];
            double[] root = roots[level];
            ParallelLoop.For(deviations.Length, i => deviations[i] = new HeadDeviation(forms[i], _dimensions, root));
            nodes[level] = deviations;
            if (level + 1 < Levels)
                sums[level + 1] = Sum(deviations, _parents[level]);
        }

        QuadraticForm total = Sum(nodes[^1], new int[nodes[^1].Length])[0];
        return new Integrated(this, roots, sums, nodes, total);
    }

    private static QuadraticForm[] Sum(HeadDeviation[] deviations, int[] parents)
    {
        var sums = new QuadraticForm[parents.Max() + 1];
        for (int i = 0; i < deviations.Length; i++)
        {
            QuadraticForm rest = deviations[i].Rest;
            sums[parents[i]] = sums[parents[i]] is { } sum ? sum.Plus(rest, 1) : rest.Plus(rest, 0); // a copy
        }

        return sums;
    }

    // The form of a task as one of (β, x), with the head X(u)β + x.
    private QuadraticForm Lift(MixedTask task)
    {
        int width = _design.Width, all = _size + width;
        var map = new double[width * all]; // [X I]
        for (int i = 0; i < _size; i++)
        {
            var (dimension, covariate) = _design.Of(i);
            map[dimension * all + i] = covariate < 0 ? 1 : task.Covariates[covariate];
        }

        for (int j = 0; j < width; j++)
            map[j * all + _size + j] = 1;
        double[] half = new double[width * all], products = new double[all * all], right = new double[all];
        for (int i = 0; i < width; i++)
        {
            MatrixAlgebra.AddScaled(map.AsSpan(i * all, all), task.Form.Right[0][i], right);
            for (int j = 0; j < width; j++)
                MatrixAlgebra.AddScaled(map.AsSpan(j * all, all), task.Form.Products[i * width + j], half.AsSpan(i * all, all));
        }

        for (int i = 0; i < width; i++)
        {
            for (int a = 0; a < all; a++)
                MatrixAlgebra.AddScaled(half.AsSpan(i * all, all), map[i * all + a], products.AsSpan(a * all, all));
        }

        return new QuadraticForm(products, [right], [task.Form.Squares[0]]);
    }

    /// <summary>The likelihood for given covariances, with all deviations integrated out, and the posteriors of the deviations.</summary>
    internal sealed class Integrated
    {
        private readonly NestedRegression _regression;
        private readonly double[][] _roots;
        private readonly QuadraticForm[][] _sums; // of the children of each node; of tasks their own forms
        private readonly HeadDeviation[][] _nodes;
        private readonly MixedDesign _design;

        public Integrated(NestedRegression regression, double[][] roots, QuadraticForm[][] sums, HeadDeviation[][] nodes, QuadraticForm total)
        {
            (_regression, _roots, _sums, _nodes, _design) = (regression, roots, sums, nodes, regression._design);
            int size = regression._size, all = total.Size;
            Information = new double[size * size];
            for (int i = 0; i < size; i++)
            {
                total.Products.AsSpan(i * all, size).CopyTo(Information.AsSpan(i * size));
                ref double diagonal = ref Information[i * size + i];
                diagonal = diagonal > 0 ? diagonal * (1 + RelativeRidge) : 1;
            }

            Coefficients = total.Right[0][..size];
            Cholesky.Solve([.. Information], size, Coefficients, 1);
            Quadratic = total.At(0, Vector(new double[_design.Width]));
            LogDeterminant = nodes.Sum(level => level.Sum(node => node.LogDeterminant));
        }

        /// <summary>Σ XᵀMX, in units of the noise, [size, size].</summary>
        public double[] Information { get; }

        /// <summary>The most likely β.</summary>
        public double[] Coefficients { get; }

        /// <summary>q at β.</summary>
        public double Quadratic { get; }

        /// <summary>The sum of the log determinants of all deviations.</summary>
        public double LogDeterminant { get; }

        /// <summary>The derivative of the log likelihood by Σ̃ of each level, twice, [varying, varying]; and the posterior of the x of each group.</summary>
        /// <param name="precision">1/σ².</param>
        public (double[][] ByCovariance, Effect[][] Effects) Descend(double precision)
        {
            int levels = _nodes.Length, count = _design.Varying.Length, width = _design.Width;
            var byCovariance = new double[levels][];
            var effects = new Effect[levels][];
            Effect none = new(new double[width], new double[width * width], new double[width * width]);
            for (int level = levels - 1; level >= 0; level--)
            {
                double[] sum = byCovariance[level] = new double[count * count];
                Effect ParentOf(int node) => level == levels - 1 ? none : effects[level + 1][_regression._parents[level][node]];
                for (int i = 0; i < _nodes[level].Length; i++)
                    AddDerivative(_nodes[level][i].Rest, ParentOf(i), precision, sum);
                if (level > 0)
                    effects[level] = [.. _nodes[level].Select((node, i) => EffectOf(node, ParentOf(i)))];
            }

            return (byCovariance, effects);
        }

        /// <summary>The x of a task's groups given all other tasks.</summary>
        /// <param name="task">The number of the task.</param>
        public Effect Without(int task)
        {
            int levels = _nodes.Length;
            var path = new HeadDeviation[levels];
            QuadraticForm before = _nodes[0][task].Rest, after = before.Plus(before, -1);
            for (int level = 1, node = task; level < levels; level++)
            {
                node = _regression._parents[level - 1][node];
                path[level] = new HeadDeviation(_sums[level][node].Plus(before, -1).Plus(after, 1), _regression._dimensions, _roots[level]);
                (before, after) = (_nodes[level][node].Rest, path[level].Rest);
            }

            Effect effect = new(new double[_design.Width], new double[_design.Width * _design.Width], new double[_design.Width * _design.Width]);
            for (int level = levels - 1; level > 0; level--)
                effect = EffectOf(path[level], effect);
            return effect;
        }

        // τssᵀ − M of the node's rows, given the x of its parent.
        private void AddDerivative(QuadraticForm rest, Effect parent, double precision, double[] sum)
        {
            int count = _design.Varying.Length, width = _design.Width;
            double[] score = XPart(MatrixAlgebra.Difference(rest.Right[0], MatrixAlgebra.Multiply(rest.Products, Vector(parent.Mean)))), products = XBlock(rest.Products);
            double[] half = Product(products, parent.Covariance, width), both = Product(half, products, width);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    int a = _design.Varying[i], b = _design.Varying[j];
                    sum[i * count + j] += precision * score[a] * score[b] - products[a * width + b] + both[a * width + b];
                }
            }
        }

        // x of a node given that of its parent: x = x' + d, with d = const − P x' + noise.
        private Effect EffectOf(HeadDeviation node, Effect parent)
        {
            int count = _design.Varying.Length, width = _design.Width, all = node.Rest.Size, offset = _regression._offset;
            double[] mean = [.. parent.Mean], own = node.Mean(0, Vector(parent.Mean)), response = node.Response();
            var map = new double[width * width]; // I − P
            for (int j = 0; j < width; j++)
                map[j * width + j] = 1;
            for (int i = 0; i < count; i++)
            {
                mean[_design.Varying[i]] += own[i];
                MatrixAlgebra.AddScaled(response.AsSpan(i * all + offset, width), -1, map.AsSpan(_design.Varying[i] * width, width));
            }

            double[] covariance = _design.Spread(node.Covariance());
            double[] half = Product(map, parent.Covariance, width), ownPart = [.. covariance];
            AddTransposedProduct(half, map, width, covariance);
            for (int i = 0; i < count; i++) // d alone: its noise, and P C' Pᵀ
            {
                for (int j = 0; j < count; j++)
                {
                    int a = _design.Varying[i], b = _design.Varying[j];
                    double sum = 0;
                    for (int k = 0; k < width; k++)
                    {
                        for (int l = 0; l < width; l++)
                            sum += response[i * all + offset + k] * parent.Covariance[k * width + l] * response[j * all + offset + l];
                    }

                    ownPart[a * width + b] += sum;
                }
            }

            return new Effect(mean, covariance, ownPart);
        }

        // (β, x), or β + x without covariates.
        private double[] Vector(double[] x)
        {
            if (_regression._offset > 0)
                return [.. Coefficients, .. x];
            double[] vector = [.. Coefficients];
            MatrixAlgebra.AddScaled(x, 1, vector);
            return vector;
        }

        private double[] XPart(double[] vector) => vector[_regression._offset..];

        private double[] XBlock(double[] matrix)
        {
            int width = _design.Width, offset = _regression._offset, all = offset + width;
            if (offset == 0)
                return matrix;
            var part = new double[width * width];
            for (int i = 0; i < width; i++)
                matrix.AsSpan((offset + i) * all + offset, width).CopyTo(part.AsSpan(i * width));
            return part;
        }

        private static double[] Product(double[] left, double[] right, int width)
        {
            var product = new double[width * width];
            for (int i = 0; i < width; i++)
            {
                for (int k = 0; k < width; k++)
                    MatrixAlgebra.AddScaled(right.AsSpan(k * width, width), left[i * width + k], product.AsSpan(i * width, width));
            }

            return product;
        }

        // sum += left rightᵀ.
        private static void AddTransposedProduct(double[] left, double[] right, int width, double[] sum)
        {
            for (int i = 0; i < width; i++)
            {
                for (int j = 0; j < width; j++)
                    sum[i * width + j] += OrderedSum.OfProducts<double>(left.AsSpan(i * width, width), right.AsSpan(j * width, width));
            }
        }
    }

    /// <summary>The posterior of the deviations of a group and of its outer groups, for given β.</summary>
    /// <param name="Mean">E[x] [width].</param>
    /// <param name="Covariance">Cov[x], in units of the noise, [width, width].</param>
    /// <param name="Own">Cov[d] of the group's own deviation, in units of the noise, [width, width].</param>
    internal sealed record Effect(double[] Mean, double[] Covariance, double[] Own);
}
