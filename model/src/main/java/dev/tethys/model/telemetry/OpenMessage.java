package dev.tethys.model.telemetry;

import org.jspecify.annotations.Nullable;

/** Part of an open profile whose attributes are in the dictionary. */
public abstract sealed class OpenMessage extends Message permits OpenProfile, OpenSample {
  private static final int[] NONE = {};

  private final ProfileTerms terms;
  private int[] indices = NONE;
  private @Nullable Attributes attributes;

  OpenMessage(ProfileTerms terms) {
    this.terms = terms;
  }

  /** What its indices mean. */
  public final ProfileTerms terms() {
    return terms;
  }

  /** Its attributes, which may be edited in place. */
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

  /** Sets what its attributes are by their places, which the dictionary has. */
  public final void setAttributeIndices(int[] places) {
    indices = places;
    attributes = null;
  }
}
