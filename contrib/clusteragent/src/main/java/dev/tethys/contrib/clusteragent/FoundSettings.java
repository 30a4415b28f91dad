package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of databases that are found.
 *
 * @param use of those of the service map, or of the configuration of {@code --coroot-url}
 * @param credentials in the order of precedence
 * @param users that get passwords from {@code /v1/config}
 * @param kubernetes null without the section
 */
record FoundSettings(
    Use use,
    List<CredentialRule> credentials,
    List<String> users,
    @Nullable KubernetesSettings kubernetes,
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
}
