using Microsoft.ML;

var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).SelectMany(shop => Customers(shop, 40)));
IDataView support = ml.Data.LoadFromEnumerable(Customers(shop: 30, count: 10));  // ten rows of a new shop
IDataView query = ml.Data.LoadFromEnumerable(Customers(shop: 30, count: 500).Skip(10));

var pipeline = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket")
    .Append(ml.BinaryClassification.Trainers.MetaLearner("Returns", taskColumnName: "Shop"));
ITransformer model = pipeline.Fit(training);                                     // learns from all shops
ITransformer adapted = ml.MetaLearning().Adapt(model, support);                  // adds the new shop

var metrics = ml.BinaryClassification.Evaluate(adapted.Transform(query), "Returns");
Console.WriteLine($"accuracy {metrics.Accuracy:F2}, AUC {metrics.AreaUnderRocCurve:F2}");
ml.Model.Save(adapted, training.Schema, "shops.zip");                            // ml.Model.Load reads it anywhere

// Artificial customers. The same two effects occur in all shops, but their sizes differ between shops.
static IEnumerable<Customer> Customers(int shop, int count)
{
    double taste = new Random(shop).NextDouble();
    var random = new Random(1000 + shop);
    for (int i = 0; i < count; i++)
    {
        var customer = new Customer { Shop = $"shop {shop}", Age = random.Next(18, 80), Visits = random.Next(1, 20), Basket = random.Next(5, 100) };
        customer.Returns = taste * (50 - customer.Age) / 30 + (1 - taste) * (customer.Visits * customer.Basket - 500) / 500 > 0;
        yield return customer;
    }
}

internal sealed class Customer
{
    public string Shop { get; set; } = "";

    public float Age { get; set; }

    public float Visits { get; set; }

    public float Basket { get; set; }

    public bool Returns { get; set; }
}
