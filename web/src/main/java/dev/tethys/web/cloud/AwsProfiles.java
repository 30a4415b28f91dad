package dev.tethys.web.cloud;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sections of the files that AWS's own programs share. */
final class AwsProfiles {
  private final Map<String, Map<String, String>> sections = new HashMap<>();

  private AwsProfiles() {}

  /** Reads the existing profile files. */
  static AwsProfiles read(CredentialDependencies s) throws IOException {
    AwsProfiles p = new AwsProfiles();
    p.add(file(s, "AWS_CONFIG_FILE", ".aws/config"), true);
    p.add(file(s, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), false);
    return p;
  }

  private static Path file(CredentialDependencies s, String variable, String otherwise) {
    String v = s.variable(variable);
    return v.isEmpty() ? s.home(otherwise) : Path.of(v);
  }

  private void add(Path file, boolean named) throws IOException {
    if (!Files.isReadable(file)) {
      return;
    }
    Map<String, String> section = new HashMap<>();
    for (String line : Files.readAllLines(file)) {
      String l = line.strip();
      if (l.isEmpty() || l.startsWith("#") || l.startsWith(";")) {
        continue;
      }
      if (l.startsWith("[") && l.contains("]")) {
        String name = l.substring(1, l.indexOf(']')).strip();
        if (named && name.startsWith("profile ")) {
          name = name.substring("profile ".length()).strip();
        } else if (named && !name.equals("default")) {
          name = "[" + name + "]"; // sections of another kind, such as sso-session
        }
        section = sections.computeIfAbsent(name, n -> new HashMap<>());
      } else if (l.indexOf('=') > 0) {
        int eq = l.indexOf('=');
        section.put(
            l.substring(0, eq).strip().toLowerCase(Locale.ROOT), l.substring(eq + 1).strip());
      }
    }
  }

  /** Returns the keys of a profile, or null if there is none with that name. */
  @Nullable Map<String, String> find(String name) {
    return sections.get(name);
  }
}
