using MetaML.Data;
using MetaML.Encoders.Images;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>Meta-training of Conv-4 with 64 filters on 28×28 images: twenty ways, one shot, five query images of each class. All methods use one thread.</summary>
/// <remarks>
/// "bare libtorch" is only the forward and backward pass of the same network on as many images. "convolution alone" is an upper
/// limit: the number of episodes if only the multiplications of the network took time. The time of a multiplication is measured
/// in the same rounds, with the forward and backward pass of a convolution from 64 to 64 channels.
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
        // Multiplications of one image in the forward pass. The backward pass has twice as many. In the first layer it has as many, because the gradient by the images is not needed.
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
