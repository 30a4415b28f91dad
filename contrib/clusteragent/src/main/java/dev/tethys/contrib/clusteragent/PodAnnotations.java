package dev.tethys.contrib.clusteragent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Databases that annotations of a pod name, such as {@code coroot.com/postgres-scrape}.
 *
 * @param pod {@code namespace/name}
 */
record PodAnnotations(String pod, List<Named> databases) {
  /** A pod without a database. */
  static final PodAnnotations NONE = new PodAnnotations("", List.of());

  private static final int MAX_TEXT = 1024;
  private static final String PREFIX = "coroot.com/";
  private static final String TRUE = "true";

  /**
   * Database of a pod.
   *
   * @param user empty if the Secret has it or there is none
   * @param mode TLS of the connection
   * @param secret null if the annotations have the login
   * @param problem of the annotations; empty if none
   */
  record Named(
      DatabaseEngine engine,
      String host,
      int port,
      String user,
      String password,
      EncryptionMode mode,
      @Nullable SecretKeys secret,
      String problem) {
    /** Without the password. */
    @Override
    public String toString() {
      return engine + " " + host + ":" + port;
    }
  }

  /**
   * Place of a login in a Secret.
   *
   * @param userKey empty if the Secret has no user
   * @param passwordKey empty if the Secret has no password
   */
  record SecretKeys(String namespace, String name, String userKey, String passwordKey) {}

  /** Reads a pod; {@link #NONE} without annotations, or while it has no address. */
  static PodAnnotations of(JsonNode pod) {
    JsonNode annotations = pod.path("metadata").path("annotations");
    String address = pod.path("status").path("podIP").asString("");
    String phase = pod.path("status").path("phase").asString("");
    if (annotations.isEmpty() || !FoundDatabase.isHost(address) || !phase.equals("Running")) {
      return NONE;
    }
    String namespace = pod.path("metadata").path("namespace").asString("");
    List<Named> out = new ArrayList<>();
    for (DatabaseEngine e : DatabaseEngine.values()) {
      Keys keys = new Keys(annotations, PREFIX + e.text() + "-scrape");
      if (keys.text("").equals(TRUE)) {
        out.add(named(e, address, namespace, keys));
      }
    }
    String name = pod.path("metadata").path("name").asString("");
    return out.isEmpty() ? NONE : new PodAnnotations(namespace + "/" + name, List.copyOf(out));
  }

  /** Annotations with a common prefix. */
  private record Keys(JsonNode annotations, String prefix) {
    String text(String suffix) {
      String s = annotations.path(prefix + suffix).asString("");
      return s.length() <= MAX_TEXT ? s : "";
    }
  }

  private static Named named(DatabaseEngine e, String address, String namespace, Keys keys) {
    String port = keys.text("-port");
    int number = port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
    String problem = "";
    if (port.isEmpty()) {
      number = e.port();
    } else if (number < 1 || number > 65_535) {
      problem = "annotation " + keys.prefix() + "-port \"" + port + "\" is not a port";
      number = e.port();
    }
    EncryptionMode mode =
        switch (e) {
          case POSTGRES -> EncryptionMode.of(e, keys.text("-param-sslmode"));
          case MYSQL -> EncryptionMode.of(e, keys.text("-param-tls"));
          default -> EncryptionMode.PLAIN;
        };
    String secret = keys.text("-credentials-secret-name");
    SecretKeys from = null;
    if (!secret.isEmpty()) {
      if (secret.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
        from =
            new SecretKeys(
                namespace,
                secret,
                keys.text("-credentials-secret-username-key"),
                keys.text("-credentials-secret-password-key"));
      } else {
        problem = "annotation " + keys.prefix() + "-credentials-secret-name is not a name";
      }
    }
    return new Named(
        e,
        address,
        number,
        keys.text("-credentials-username"),
        keys.text("-credentials-password"),
        mode,
        from,
        problem.isEmpty() ? mode.problem() : problem);
  }

  /** Fields of a Secret by key, decoded. */
  interface SecretFields {
    /** The fields of a Secret, or an empty map and a problem. */
    Answer of(String namespace, String name);

    /**
     * Answer of the API.
     *
     * @param problem empty if the Secret was read
     * @param temporary whether the API failed, so that a former answer holds
     */
    record Answer(Map<String, String> fields, String problem, boolean temporary) {}
  }
}
