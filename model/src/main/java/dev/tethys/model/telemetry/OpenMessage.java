package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/** Part of an open profile whose attributes are in the dictionary. */
public abstract class OpenMessage extends Message {
  private static final int[] NONE = {};

  private final ProfileTerms terms;
  private int[] indices = NONE;
  private @Nullable Attributes attributes;

  OpenMessage(ProfileTerms terms) {
    this.terms = terms;
  }

  /** Returns the entries that the indices refer to. */
  public final ProfileTerms terms() {
    return terms;
  }

  /** Attributes, which may be edited in place. */
  public final Attributes attributes() {
    if (attributes == null) {
      attributes = terms.attributes(indices);
    }
    return attributes;
  }

  /** Indices of its attributes in the dictionary, edits included; read-only. */
  public final int[] attributeIndices() {
    if (attributes != null) {
      indices = terms.indices(attributes, indices);
    }
    return indices;
  }

  /** Sets the attributes by their indices in the dictionary. */
  public final void setAttributeIndices(int[] places) {
    indices = places;
    attributes = null;
  }
}
