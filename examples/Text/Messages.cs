namespace Text;

/// <summary>Generates messages to a shop. A few words of a message express the intent. The other words are irrelevant.</summary>
internal static class Messages
{
    // Each line has an intent, phrases for the start of a sentence, and phrases for its end.
    private static readonly string[] s_intents =
    [
        "track order: where is|when will I get|I am still waiting for|please track|has the courier lost|any news about; my parcel|my order|the package|my shipment",
        "cancel order: please cancel|I want to call off|is it too late to stop|I no longer want|can I withdraw|do not send; my order|what I ordered today|my purchase|the second order",
        "return item: I want to send back|how do I return|where do I hand in|I need a label to return|can I give back|please collect; the item|what I bought|one of the pieces|my order",
        "refund status: when will you refund|I have not been paid back for|where is the money for|has the refund been made for|I still miss the refund for|how long does the refund take for; my return|what I sent back|the broken piece|my cancelled order",
        "change address: please correct|I have to change|can I still edit|you have the old version of|there is a mistake in|I moved so please update; my address|the street|the house number|the delivery address",
        "damaged item: there is a crack in|it arrived broken and I mean|something smashed|the courier damaged|there are scratches on|I unpacked and found a dent in; the lid|the surface|one corner|the whole thing",
        "missing item: the box was without|I did not find|you forgot|nobody packed|I am short of|there is a gap where I expected; the screws|one piece of two|the cable|the manual",
        "wrong item: you sent somebody else's|this is not|I received another than|you mixed up|I asked for a different version of|the label does not match; my choice|the colour that I chose|the model that I ordered|the size on the bill",
        "payment failed: your page rejects|the checkout refuses|there is an error when I pay by|I cannot pay with|the bank declined|it does not accept; my card|my credit card|a transfer|my wallet",
        "invoice: I need|please mail me|where do I download|my company asks for|the accountant wants|there was no; an invoice|the bill|a receipt with VAT|proof of payment",
        "discount code: the shop does not know|where do I type|why is it expired, I mean|I forgot to use|you promised me|it ignores; my coupon|my voucher|the promo code|the discount",
        "password: I forgot|I cannot log in with|please reset|how do I change|the account is locked and does not take|I get no link for; my password|my login|a new password|my user name",
        "delete account: please erase|I want you to remove|how do I close|by law you have to delete|get rid of|wipe; my account|my profile|all my data|my registration",
        "availability: when is it back, I mean|is there any left of|it says sold out for|will you restock|can I preorder|does your store carry; the blue one|the large version|the new model|that colour",
        "size advice: what should I take as|is it small or large in|how do I measure|I am tall so what is|between two, which is|do you have a chart for; my size|the waist|the width|the length",
        "gift: please wrap it with|can you add|how much is|I would like|it is a birthday present so put in|do you offer; a greeting card|a ribbon|nice paper|a gift box",
        "delivery cost: how much is|why do I pay for|is it free, I mean|from what amount do you waive|is there a charge for|I was billed for; postage|shipping|the delivery fee|freight abroad",
        "express: I need it tomorrow, is there|how do I choose|it is urgent so please use|can I upgrade to|before the weekend by|what do you call; express|overnight delivery|the fastest way|same day delivery",
        "warranty: it stopped working, who repairs|after a year it is dead, I mean|is there still a guarantee on|I need a spare part for|there is a strange noise from|it does not turn on any more because of; the motor|the battery|the screen|the switch",
        "human: let me talk to|please connect me to|I do not want a robot but|is there a number of|who can call me back, I want|transfer this chat to; a person|an agent|somebody|your supervisor",
        "opening hours: at what time do you close|are you open at|until when can I visit|how late may I come on|do you have longer hours at|is the store shut on; Sunday|Christmas|lunch|holidays",
        "loyalty: how can I spend|you did not count|when do I lose|do I earn|please add|what is the worth of; my points|the bonus|my club rewards|the member stars",
        "newsletter: stop sending me|I never signed up for|unsubscribe me from|please no more|take me off the list of|there are too many of; your mails|the newsletter|adverts|your catalogues",
        "price match: another shop is cheaper, will you match|a competitor sells for less, so lower|it went on sale the day after, so what about|I saw less elsewhere than|can we negotiate|do you beat; the price|the difference|that offer|the market price",
    ];

    private static readonly string[] s_openings = ["", "", "Hello,", "Hi there,", "Good morning,", "Dear team,", "Sorry to bother you but", "Quick question:"];
    private static readonly string[] s_things = ["kettle", "lamp", "jacket", "tent", "sofa", "phone", "drill", "rug", "bike", "toaster", "vase", "watch", "chair", "printer", "pair of boots"];
    private static readonly string[] s_times = ["last week", "in March", "yesterday", "two weeks ago", "for my sister", "on your website", "in your store in Leeds", "with my wife"];
    private static readonly string[] s_closings = ["", "", "Thanks.", "Kind regards, Anna", "Please answer soon.", "Thank you in advance, Tom", "I am a customer of many years.", "Best wishes"];

    /// <summary>Generates messages of 24 intents.</summary>
    /// <param name="count">Number of messages of each intent.</param>
    public static IEnumerable<Message> Generate(int count)
    {
        var random = new Random(1);
        string Any(string[] parts) => parts[random.Next(parts.Length)];
        foreach (string line in s_intents)
        {
            string[] parts = line.Split(": ", 2), phrase = parts[1].Split("; ");
            string[] beginnings = phrase[0].Split('|'), ends = phrase[1].Split('|');
            for (int i = 0; i < count; i++)
            {
                string context = random.Next(2) == 0 ? "" : $"I bought a {Any(s_things)} {Any(s_times)}.";
                string[] sentence = [Any(s_openings), context, Any(beginnings), Any(ends) + ".", Any(s_closings)];
                yield return new Message { Intent = parts[0], Text = string.Join(' ', sentence.Where(part => part.Length > 0)) };
            }
        }
    }
}
