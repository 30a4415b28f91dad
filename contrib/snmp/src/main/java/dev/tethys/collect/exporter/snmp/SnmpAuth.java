package dev.tethys.collect.exporter.snmp;

import dev.tethys.collect.exporter.snmp.wire.Credentials;
import dev.tethys.collect.exporter.snmp.wire.Credentials.Authentication;
import dev.tethys.collect.exporter.snmp.wire.Credentials.Privacy;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An entry of {@code auths}: credentials for requests to agents.
 *
 * @param tree configuration for display, secrets masked
 */
record SnmpAuth(Credentials credentials, String contextName, Map<String, @Nullable Object> tree) {
  private static final Section SECTION = new Section("auth", "Credentials for SNMP agents.");
  private static final Key<Secret> COMMUNITY =
      SECTION.key("community", Type.SECRET, new Secret("public"), "Community of versions 1 and 2.");
  private static final Key<String> LEVEL =
      SECTION.key(
          "security_level", Type.STRING, "noAuthNoPriv", "noAuthNoPriv, authNoPriv or authPriv.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "Username of version 3.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Authentication password of version 3.");
  private static final Key<String> AUTH_PROTOCOL =
      SECTION.key("auth_protocol", Type.STRING, "MD5", "Authentication protocol of version 3.");
  private static final Key<String> PRIV_PROTOCOL =
      SECTION.key("priv_protocol", Type.STRING, "DES", "Privacy protocol of version 3.");
  private static final Key<Secret> PRIV_PASSWORD =
      SECTION.key("priv_password", Type.SECRET, Secret.NONE, "Privacy password of version 3.");
  private static final Key<String> CONTEXT_NAME =
      SECTION.key("context_name", Type.STRING, "", "Context name of version 3.");
  private static final Key<Long> VERSION = SECTION.key("version", Type.INT, 2L, "1, 2 or 3.");

  /**
   * Returns the type of an entry.
   *
   * @param expand replaces variables of the environment in users and passwords
   */
  static Type<SnmpAuth> type(UnaryOperator<String> expand) {
    return SECTION.type(o -> read(o, expand));
  }

  private static SnmpAuth read(YamlObject o, UnaryOperator<String> expand) {
    long version = o.get(VERSION);
    if (version < 1 || version > 3) {
      throw o.error(VERSION, "SNMP version must be 1, 2 or 3. Got: " + version);
    }
    String level = o.get(LEVEL);
    String user = expanded(o, USERNAME, o.get(USERNAME), expand);
    String password = expanded(o, PASSWORD, o.get(PASSWORD).value(), expand);
    String privacy = expanded(o, PRIV_PASSWORD, o.get(PRIV_PASSWORD).value(), expand);
    Credentials c =
        version < 3
            ? Credentials.community((int) version, o.get(COMMUNITY).value())
            : user(o, level, user, password, privacy);
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    tree.put("community", shown(o.get(COMMUNITY)));
    tree.put("security_level", level);
    tree.put("username", user.isEmpty() ? null : user);
    tree.put("password", shown(o.get(PASSWORD)));
    tree.put("auth_protocol", o.get(AUTH_PROTOCOL));
    tree.put("priv_protocol", o.get(PRIV_PROTOCOL));
    tree.put("priv_password", shown(o.get(PRIV_PASSWORD)));
    tree.put("context_name", o.get(CONTEXT_NAME).isEmpty() ? null : o.get(CONTEXT_NAME));
    tree.put("version", version);
    return new SnmpAuth(c, o.get(CONTEXT_NAME), tree);
  }

  private static @Nullable String shown(Secret s) {
    return s.isEmpty() ? null : s.toString();
  }

  private static String expanded(
      YamlObject o, Key<?> key, String text, UnaryOperator<String> expand) {
    try {
      return text.isEmpty() ? text : expand.apply(text);
    } catch (IllegalArgumentException e) {
      throw o.error(key, String.valueOf(e.getMessage()));
    }
  }

  private static Credentials user(
      YamlObject o, String level, String user, String password, String privacyPassword) {
    boolean encrypts = level.equals("authPriv");
    boolean signs = encrypts || level.equals("authNoPriv");
    if (!signs && !level.equals("noAuthNoPriv")) {
      throw o.error(LEVEL, "security level must be one of authPriv, authNoPriv or noAuthNoPriv");
    }
    if (encrypts && privacyPassword.isEmpty()) {
      throw o.error("priv password is missing, required for SNMPv3 with priv");
    }
    if (signs && password.isEmpty()) {
      throw o.error("auth password is missing, required for SNMPv3 with auth");
    }
    if (user.isEmpty()) {
      throw o.error("auth username is missing, required for SNMPv3");
    }
    return Credentials.user(
        user,
        signs ? named(o, AUTH_PROTOCOL, Authentication.values()) : null,
        password,
        encrypts ? named(o, PRIV_PROTOCOL, Privacy.values()) : null,
        privacyPassword);
  }

  private static <E extends Enum<E>> E named(YamlObject o, Key<String> key, E[] all) {
    return Stream.of(all)
        .filter(e -> e.name().equals(o.get(key)))
        .findFirst()
        .orElseThrow(
            () -> o.error(key, key.name().replace('_', ' ') + " must be one of " + List.of(all)));
  }
}
