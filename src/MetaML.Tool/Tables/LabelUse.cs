namespace MetaML.Tool.Tables;

/// <summary>What labels of a file are read for.</summary>
internal enum LabelUse
{
    /// <summary>For learning and evaluation: rows without a label are left out.</summary>
    Required,

    /// <summary>Labels are not read: the file need not have them.</summary>
    Ignored,
}
