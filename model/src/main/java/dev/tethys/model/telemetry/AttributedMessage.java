package dev.tethys.model.telemetry;

/** A message with attributes, some of which its source may have omitted. */
public abstract class AttributedMessage extends Message {
  private Attributes attributes = new Attributes();
  private int droppedAttributesCount;

  AttributedMessage() {}

  /** The attributes, which may be changed in place. */
  public final Attributes attributes() {
    return attributes;
  }

  /** Number of attributes that the source omitted. */
  public final int droppedAttributesCount() {
    return droppedAttributesCount;
  }

  public final void setDroppedAttributesCount(int droppedAttributesCount) {
    this.droppedAttributesCount = droppedAttributesCount;
  }

  final void copyAttributes(AttributedMessage from) {
    setUnknownFields(from.unknownFields());
    attributes = from.attributes.copy();
    droppedAttributesCount = from.droppedAttributesCount;
  }
}
