package dev.tethys.pipeline.component;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;

/**
 * Reference to a component in the settings of another, such as an authenticator.
 *
 * @param where position for error messages
 */
public record Reference(ComponentId id, String where) {
  /** Reads one. */
  public static final Type<Reference> TYPE = Type.of("component", null, Reference::read);

  private static Reference read(YamlNode n) {
    return new Reference(n.parse(ComponentId::parse), n.where());
  }
}
