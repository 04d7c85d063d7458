global using MetaML.Native;
global using Tensor = TorchSharp.torch.Tensor;
