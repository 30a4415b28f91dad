package dev.tethys.model.profiles;

/** Tables of {@link ProfileSymbols} that grow by unique rows. Not thread-safe. */
public final class ProfileSymbolTable {
  /** Strings of {@link ProfileSymbols#strings}. */
  public final TextTable strings = new TextTable();

  /** Rows of {@link ProfileSymbols#mappings}. */
  public final TupleTable mappings = new TupleTable();

  /** Rows of {@link ProfileSymbols#functions}. */
  public final TupleTable functions = new TupleTable();

  /** Rows of {@link ProfileSymbols#locations}. */
  public final TupleTable locations = new TupleTable();

  /** Rows of {@link ProfileSymbols#nodes}. */
  public final TupleTable nodes = new TupleTable();

  /** Rows of {@link ProfileSymbols#attributes}. */
  public final TupleTable attributes = new TupleTable();

  /** Creates tables with the empty rows. */
  public ProfileSymbolTable() {
    addEmptyRows();
  }

  /** Removes all symbols: views of these tables must no longer be in use. */
  void clear() {
    strings.clear();
    mappings.clear();
    functions.clear();
    locations.clear();
    nodes.clear();
    attributes.clear();
    addEmptyRows();
  }

  private void addEmptyRows() {
    string("");
    long[] zeros = new long[8];
    mappings.intern(zeros, 6);
    functions.intern(zeros, 4);
    locations.intern(zeros, ProfileSymbols.LOCATION_HEAD);
    nodes.intern(0, -1); // has no frame; an unknown frame has location 0
    attributes.intern(zeros, 0);
  }

  /** Returns the index of a string, adding it if necessary. */
  public int string(String text) {
    return strings.intern(text);
  }

  /** Returns the memory used by the tables. */
  public long bytes() {
    return strings.bytes()
        + mappings.bytes()
        + functions.bytes()
        + locations.bytes()
        + nodes.bytes()
        + attributes.bytes();
  }

  /** Returns the length of the table arrays in bytes. */
  long capacity() {
    return strings.capacity()
        + mappings.capacity()
        + functions.capacity()
        + locations.capacity()
        + nodes.capacity()
        + attributes.capacity();
  }

  /** Symbols so far, unchanged by later ones. */
  public ProfileSymbols view() {
    return new ProfileSymbols(
        strings.view(),
        mappings.view(),
        functions.view(),
        locations.view(),
        nodes.view(),
        attributes.view());
  }
}
