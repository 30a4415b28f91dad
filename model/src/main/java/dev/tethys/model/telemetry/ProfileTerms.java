package dev.tethys.model.telemetry;

/** Extensible dictionary of an open profile. Existing entries keep their index. */
public interface ProfileTerms {
  /** A string of the table of strings. */
  String string(int index);

  /** Index of a text, which is added if it is new. */
  int stringIndex(String text);

  /** Whether there is an attribute at an index. */
  boolean hasAttribute(int index);

  /** Whether there is a link at an index. */
  boolean hasLink(int index);

  /** The attributes at indices, as a new list. */
  Attributes attributes(int[] indices);

  /**
   * Indices of attributes, which are added if they are new.
   *
   * @param before their former indices; unchanged ones stay, and a new value gets the unit of its
   *     key
   */
  int[] indices(Attributes attributes, int[] before);
}
