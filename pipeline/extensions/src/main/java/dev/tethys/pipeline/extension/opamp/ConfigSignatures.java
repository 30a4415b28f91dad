package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.codec.opamp.SignedConfig;
import dev.tethys.pipeline.opamp.AgentContract;
import java.security.PublicKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks of the signatures that an agent requires of offered configurations.
 *
 * @param key null to accept them unsigned
 */
record ConfigSignatures(@Nullable PublicKey key) {
  /** Suffix of configuration file names. */
  private static final String YAML = ".yaml";

  /** Returns the reason why the signatures of an offer do not permit it; "" if they do. */
  String refusal(RemoteConfig config) {
    for (Map.Entry<String, RemoteConfig.File> e : config.files().entrySet()) {
      String type = e.getValue().type();
      if (!type.equals(AgentContract.CONTROLS) && !type.equals(AgentContract.VARIABLES)) {
        String file = e.getKey();
        String name = file.endsWith(YAML) ? file.substring(0, file.length() - YAML.length()) : file;
        String refusal = refusal(name, SignedConfig.of(e.getValue().text()));
        if (!refusal.isEmpty()) {
          return refusal;
        }
      }
    }
    return "";
  }

  /** Returns the reason why the signature of a configuration does not permit it; "" if it does. */
  String refusal(String text) {
    return refusalOf("its text", SignedConfig.of(text));
  }

  private String refusal(String name, SignedConfig c) {
    if (key != null && c.isSigned() && !c.name().equals(name)) {
      return "the signature is of configuration " + c.name() + ", not of " + name;
    }
    return refusalOf("configuration " + name, c);
  }

  private String refusalOf(String what, SignedConfig c) {
    if (key == null || c.isSigned() && PackageFile.verify(key, c.statement(), c.signature())) {
      return "";
    }
    return c.isSigned()
        ? "the signature of "
            + what
            + " is not one of the key of this agent (--control.config-key) for its name and text"
        : what
            + " is not signed, and this agent requires it (--control.config-key); sign it by"
            + " tethys tool control sign";
  }
}
