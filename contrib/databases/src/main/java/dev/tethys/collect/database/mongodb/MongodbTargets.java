package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.MongoHost;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.mongodb.wire.SeedList;
import dev.tethys.config.Secret;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The servers of the flag {@code --mongodb.uri}.
 *
 * @param named configured servers in order; at least one
 * @param seeds resolves a name to its servers, null if each name is one target
 */
record MongodbTargets(List<MongoUri> named, @Nullable SeedList seeds) {
  private static final System.Logger LOG = JulLogger.of(MongodbTargets.class.getName());
  private static final String PLAIN = "mongodb://";
  private static final String SRV = "mongodb+srv://";

  /**
   * Reads addresses with commas between. An address without a scheme after a {@code mongodb://}
   * belongs to its cluster, else it is a separate server.
   *
   * @param user user for addresses without a login, or {@code ""} if none
   * @param split whether each server of a cluster is shown separately
   * @throws IllegalArgumentException if one is invalid; the message holds no password
   */
  static MongodbTargets parse(String given, String user, Secret password, boolean split) {
    return parse(given, user, password, split ? SeedList.SYSTEM : null);
  }

  /**
   * Reads addresses, resolving seed lists.
   *
   * @param seeds resolves the servers of a name, null to show a cluster as one
   */
  static MongodbTargets parse(
      String given, String user, Secret password, @Nullable SeedList seeds) {
    List<MongoUri> all = new ArrayList<>();
    for (String text : joined(given)) {
      MongoUri uri = MongoUri.parse(text);
      if (uri.login() == null && !user.isEmpty() && !password.isEmpty()) {
        uri = uri.withLogin(user, password);
      }
      if (seeds == null || uri.srv()) {
        all.add(uri);
      } else {
        uri.hosts().stream().map(uri::at).forEach(all::add);
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "no server is configured; set --mongodb.uri or the variable MONGODB_URI");
    }
    return new MongodbTargets(List.copyOf(all), seeds);
  }

  /**
   * Returns the current targets. If each server is a separate target, DNS names are resolved; a
   * name that cannot be resolved stays a target, which is down.
   */
  List<MongoUri> all() {
    if (seeds == null || named.stream().noneMatch(MongoUri::srv)) {
      return named;
    }
    List<MongoUri> all = new ArrayList<>();
    for (MongoUri uri : named) {
      try {
        MongoUri found = seeds.resolve(uri);
        found.hosts().stream()
            .sorted(Comparator.comparing(MongoHost::text)) // DNS responses have no fixed order
            .map(found::at)
            .forEach(all::add);
      } catch (IOException e) {
        LOG.log(Level.WARNING, "mongodb: {0}", e.getMessage());
        all.add(uri);
      }
    }
    return all;
  }

  private static List<String> joined(String given) {
    List<String> out = new ArrayList<>();
    boolean cluster = false;
    for (String part : given.split(",")) {
      String text = part.strip();
      if (text.isEmpty()) {
        continue;
      }
      boolean named = text.startsWith(PLAIN) || text.startsWith(SRV);
      if (cluster && !named) {
        out.set(out.size() - 1, out.getLast() + "," + text);
      } else {
        out.add(named ? text : PLAIN + text);
      }
      cluster = text.startsWith(PLAIN) || (cluster && !named);
    }
    return out;
  }

  /**
   * Returns the server with the hosts of a target, with or without a scheme; null if there is none.
   */
  @Nullable MongoUri find(String target) {
    String t = target;
    for (String scheme : List.of(PLAIN, SRV)) {
      t = t.toLowerCase(Locale.ROOT).startsWith(scheme) ? t.substring(scheme.length()) : t;
    }
    int slash = t.indexOf('/');
    t = slash < 0 ? t : t.substring(0, slash);
    String hosts = t.substring(t.lastIndexOf('@') + 1);
    return all().stream().filter(u -> u.authority().equals(hosts)).findFirst().orElse(null);
  }
}
