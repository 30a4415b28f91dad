package dev.tethys.codec.collectd;

/**
 * Identifier in collectd's sense: source of a value list or a notification; "" for parts that are
 * not set.
 */
public record Identifier(
    String host, String plugin, String pluginInstance, String type, String typeInstance) {
  static final Identifier NONE = new Identifier("", "", "", "", "");

  /** Formats the identifier as collectd does: {@code host/plugin-instance/type-instance}. */
  @Override
  public String toString() {
    return host
        + "/"
        + plugin
        + (pluginInstance.isEmpty() ? "" : "-" + pluginInstance)
        + "/"
        + type
        + (typeInstance.isEmpty() ? "" : "-" + typeInstance);
  }
}
