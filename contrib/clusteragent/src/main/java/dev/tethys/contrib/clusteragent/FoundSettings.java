package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget;
import java.util.List;

/**
 * Settings of databases that are found.
 *
 * @param use of those of the service map, or of the configuration of {@code --coroot-url}
 * @param credentials in the order of precedence
 * @param users that get passwords from {@code /v1/config}
 * @param annotated whether annotations of pods name databases
 */
record FoundSettings(
    Use use,
    List<CredentialRule> credentials,
    List<String> users,
    boolean annotated,
    ReaderTarget.Limits limits,
    DatabaseTarget.Times times) {
  /** Uses of found databases. */
  enum Use {
    /** They are read here. */
    READ("read"),
    /** Agents that ask for {@code /v1/config} read them. */
    SERVE("serve"),
    /** They are ignored. */
    OFF("off");

    private final String text;

    Use(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  FoundSettings {
    credentials = List.copyOf(credentials);
    users = List.copyOf(users);
  }

  /**
   * Checks that each key has an effect.
   *
   * @param server whether the agent runs inside a server, which has a service map
   * @param corootUrl whether another server names databases
   * @param clouds whether clouds are read
   * @throws IllegalArgumentException with the key and the remedy
   */
  void check(boolean server, boolean corootUrl, boolean clouds) {
    if (!server && (use == Use.SERVE || !users.isEmpty())) {
      throw new IllegalArgumentException(
          "found_databases: serve and send_credentials_to are settings of"
              + " --cluster-agent.config-file of a server; set found_databases to read or off");
    }
    if (!users.isEmpty() && use != Use.SERVE) {
      throw new IllegalArgumentException(
          "send_credentials_to needs found_databases: serve; otherwise no database is listed");
    }
    boolean listed = server ? use != Use.OFF : corootUrl && use == Use.READ;
    if (!credentials.isEmpty() && !listed && !annotated && !clouds) {
      throw new IllegalArgumentException(
          "credentials are for found databases, and nothing finds any: set --coroot-url,"
              + " kubernetes or a cloud, and not found_databases: off; logins of listed databases"
              + " are keys of their entries");
    }
  }
}
