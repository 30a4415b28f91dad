package dev.tethys.collect.database.redis;

import dev.tethys.config.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A file of passwords by address: a JSON object {@code {"redis://user@host:6379": "…"}}. */
final class RedisPasswords {
  static final RedisPasswords NONE = new RedisPasswords(Map.of());

  private static final JsonMapper JSON = JsonMapper.shared();

  private final Map<String, Secret> byAddress;

  private RedisPasswords(Map<String, Secret> byAddress) {
    this.byAddress = byAddress;
  }

  static RedisPasswords read(Path file) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      // its message would quote the content of the file
      throw new IOException(
          file
              + ": not JSON at line "
              + (e.getLocation() == null ? "?" : e.getLocation().getLineNr()));
    }
    Map<String, Secret> out = new HashMap<>();
    if (!root.isObject()) {
      throw new IOException(file + ": must be a JSON object of passwords by address");
    }
    for (var e : root.properties()) {
      if (!e.getValue().isString()) {
        throw new IOException(file + ": the password of " + e.getKey() + " must be a string");
      }
      out.put(e.getKey(), new Secret(e.getValue().asString()));
    }
    return new RedisPasswords(Map.copyOf(out));
  }

  /**
   * Returns the password for a server.
   *
   * @param address server address including its scheme
   * @param user login user, or {@code ""} for the user in the address
   */
  Secret of(String address, String user) {
    int sep = address.indexOf("://") + 3;
    String rest = address.substring(sep);
    int slash = rest.indexOf('/');
    int at = (slash < 0 ? rest : rest.substring(0, slash)).lastIndexOf('@');
    String login = at < 0 ? "" : rest.substring(0, at);
    if (!user.isEmpty()) {
      login = user;
    } else if (login.endsWith(":")) {
      login = login.substring(0, login.length() - 1);
    }
    String key =
        address.substring(0, sep) + (login.isEmpty() ? "" : login + "@") + rest.substring(at + 1);
    return byAddress.getOrDefault(key, Secret.NONE);
  }
}
