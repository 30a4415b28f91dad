package dev.tethys.collect.exporter.snmp.wire;

/** An object and what the agent has for it. */
public record Binding(Oid name, SnmpValue value) {
  /** Whether the agent says that there is nothing. */
  public boolean isMissing() {
    return value instanceof SnmpValue.Nothing n && n != SnmpValue.Nothing.NULL;
  }
}
