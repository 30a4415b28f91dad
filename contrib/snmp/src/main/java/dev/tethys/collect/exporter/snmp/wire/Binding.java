package dev.tethys.collect.exporter.snmp.wire;

/** An object with its value from the agent. */
public record Binding(Oid name, SnmpValue value) {
  /** Whether the agent reports that the object does not exist. */
  public boolean isMissing() {
    return value instanceof SnmpValue.Nothing n && n != SnmpValue.Nothing.NULL;
  }
}
