// System.Numerics.Tensors has a Tensor too; here the word always means libtorch's.
global using Tensor = TorchSharp.torch.Tensor;
