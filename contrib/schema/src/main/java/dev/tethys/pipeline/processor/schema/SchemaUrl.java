package dev.tethys.pipeline.processor.schema;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * URL of a schema: a family, a slash and a version.
 *
 * @param family everything before the last slash
 */
record SchemaUrl(String family, SchemaVersion version) {
  /**
   * Parses a URL of a configuration or schema file.
   *
   * @throws IllegalArgumentException if the URL is invalid
   */
  static SchemaUrl parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a valid URL: " + e.getReason(), e);
    }
    String scheme = uri.getScheme();
    int slash = text.lastIndexOf('/');
    SchemaVersion v = slash < 0 ? null : SchemaVersion.parse(text.substring(slash + 1));
    if (v == null
        || uri.getHost() == null
        || !("http".equals(scheme) || "https".equals(scheme))
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is not a schema URL; it must have the form https://HOST/PATH/VERSION, such "
              + "as https://opentelemetry.io/schemas/1.26.0");
    }
    return new SchemaUrl(text.substring(0, slash), v);
  }

  @Override
  public String toString() {
    return family + "/" + version;
  }
}
