package dev.tethys.store.metrics.internal.encoding;

/** Forms of a column, with their names for users. */
public enum ColumnForm {
  CONSTANT("constant"),
  LINEAR("linear"),
  SPARSE("sparse"),
  ORDER_0("integers"),
  ORDER_1("integer differences"),
  ORDER_2("integer second differences"),
  ULP("sums with last places"),
  PLANES("byte planes");

  private final String text;

  ColumnForm(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
