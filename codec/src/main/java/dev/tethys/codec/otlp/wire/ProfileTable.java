package dev.tethys.codec.otlp.wire;

/** A table of OTLP's {@code ProfilesDictionary}, in the order of its fields. */
public enum ProfileTable {
  MAPPING("Mapping"),
  LOCATION("Location"),
  FUNCTION("Function"),
  LINK("ProfileLink"),
  /** Text; the entries of all others are messages. */
  STRING(""),
  ATTRIBUTE("KeyValueAndUnit"),
  STACK("Stack");

  private static final ProfileTable[] ALL = values();

  /** Message of an entry in {@link OtlpSchema}. */
  final String message;

  ProfileTable(String message) {
    this.message = message;
  }

  /** Returns the field number in the dictionary message. */
  int field() {
    return ordinal() + 1;
  }

  static ProfileTable ofField(int number) {
    return ALL[number - 1];
  }
}
