package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Authentication of the pages: {@code httpServer.authentication}. Exactly one of the two is set.
 *
 * @param plugin overrides a user
 */
record PageLogin(@Nullable PageCredentials user, @Nullable Plugin plugin) {
  private static final System.Logger LOG = JulLogger.of(PageLogin.class.getName());

  /**
   * A class that authenticates requests.
   *
   * @param className extends {@link com.sun.net.httpserver.Authenticator}
   * @param subjectAttribute attribute with the subject of a request; null if none
   * @param node node of the name
   */
  record Plugin(String className, @Nullable String subjectAttribute, YamlNode node) {
    /** Whether another has the same settings. */
    boolean same(@Nullable Plugin other) {
      return other != null
          && className.equals(other.className)
          && Objects.equals(subjectAttribute, other.subjectAttribute);
    }
  }

  private static final Section PLUGIN = new Section("plugin", "Custom authenticator class.");
  private static final Key<YamlNode> CLASS =
      PLUGIN.required(
          "class", Type.ANY, "Class that extends com.sun.net.httpserver.Authenticator.");
  private static final Key<String> SUBJECT =
      PLUGIN.optional(
          "subjectAttributeName",
          Type.STRING,
          "Attribute of the request in which the class stores a Subject.");
  private static final Type<Plugin> PLUGIN_TYPE = PLUGIN.type(PageLogin::plugin);

  private static final Section SECTION =
      new Section("authentication", "Authentication of the pages.");
  private static final Key<PageCredentials> BASIC =
      SECTION.optional("basic", PageCredentials.BASIC_TYPE, "Basic authentication.");
  private static final Key<Plugin> PLUGIN_KEY =
      SECTION.optional("plugin", PLUGIN_TYPE, "Custom authenticator class.");

  static final Type<PageLogin> TYPE = SECTION.type(PageLogin::read);

  private static PageLogin read(YamlObject o) {
    PageCredentials user = o.find(BASIC);
    Plugin plugin = o.find(PLUGIN_KEY);
    if (user == null && plugin == null) {
      throw o.error("authentication requires basic or plugin");
    }
    if (user != null && plugin != null) {
      LOG.log(
          Level.WARNING,
          "{0}: httpServer.authentication.basic has no effect with plugin, which alone decides who"
              + " may see the pages",
          o.node().where());
    }
    return new PageLogin(plugin == null ? user : null, plugin);
  }

  /** Resolves references to environment variables. */
  PageLogin resolved(Function<String, @Nullable String> environment) {
    return user == null ? this : new PageLogin(user.resolved(environment), plugin);
  }

  private static Plugin plugin(YamlObject o) {
    YamlNode node = o.get(CLASS);
    if (node.asString().isBlank()) {
      throw node.error("class must not be blank");
    }
    String subject = o.find(SUBJECT);
    if (subject != null && subject.isBlank()) {
      throw o.error(SUBJECT, "subjectAttributeName must not be blank");
    }
    return new Plugin(node.asString().strip(), subject, node);
  }
}
