using MetaML.Data;
using MetaML.Encoders.Images;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Conv-4 with 64 filters on 28×28 images, twenty ways, one shot, five query images of each class; one thread each.</summary>
/// <remarks>
/// "bare libtorch" is a forward and a backward pass of the same network on as many images, and nothing else. "convolution
/// alone" is how many episodes there would be if nothing were done but the network's multiplications, at the speed of a
/// convolution of 64 by 64 filters, forward and backward, measured in the same rounds.
/// </remarks>
internal static class Conv4
{
    private const int Side = 28, Filters = 64, Ways = 20, Shots = 1, Queries = 5, Groups = 8;
    private const int Images = Ways * (Shots + Queries);

    public static void Run()
    {
        set_num_threads(1);
        var race = new Race("conv4", "episodes/s", runs: 5);
        TaskSet pool = SmallTasks.Pool(classes: 50, rowsOfClass: 20, Side * Side);
        foreach (int batch in (int[])[1, 4])
        {
            var options = new MetaTrainingOptions
            {
                Encoder = new ConvolutionalEncoderOptions { Height = Side, Width = Side, Filters = Filters, Groups = Groups, Augmentation = null },
                Adapter = new PrototypeAdapterOptions(),
                Episodes = new EpisodeOptions { Ways = Ways, Shots = Shots, Queries = Queries, TasksPerIteration = batch },
            };
            race.Run($"meta-batch {batch}", Training.Of(pool, options, iterations: 8 / batch), Bare(batch), Convolution());
        }

        race.Print();
    }

    private static Contender Bare(int batch)
    {
        var layers = Enumerable.Range(0, 4).Select(l => nn.Sequential(
            nn.Conv2d(l == 0 ? 1 : Filters, Filters, 3, padding: 1),
            nn.GroupNorm(Groups, Filters),
            nn.ReLU(),
            nn.MaxPool2d(2)));
        Sequential network = nn.Sequential([.. layers]);
        Tensor images = randn(batch * Images, 1, Side, Side);
        return Contender.PerSecond("bare libtorch", batch * (8 / batch), () =>
        {
            for (int i = 0; i < 8 / batch; i++)
            {
                using var scope = NewDisposeScope();
                network.zero_grad();
                network.forward(images).sum().backward();
            }
        });
    }

    private static Contender Convolution()
    {
        // Multiplications of an image, forward; the backward pass has twice as many, but for the first layer, which has no gradient by the images.
        double first = (double)Side * Side * 9 * Filters, others = 9.0 * Filters * Filters * (14 * 14 + 7 * 7 + 3 * 3);
        double operations = 2 * Images * (2 * first + 3 * others);
        const int Batch = 32, Inner = 14, Passes = 10;
        Tensor images = randn(Batch, Filters, Inner, Inner).requires_grad_(), weight = randn(Filters, Filters, 3, 3).requires_grad_();
        return Contender.PerSecond("convolution alone", Passes * 2 * 3 * (double)Batch * Inner * Inner * 9 * Filters * Filters / operations, () =>
        {
            for (int i = 0; i < Passes; i++)
            {
                using var scope = NewDisposeScope();
                nn.functional.conv2d(images, weight, padding: [1L, 1L]).sum().backward();
            }
        });
    }
}
