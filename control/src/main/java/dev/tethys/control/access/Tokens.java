package dev.tethys.control.access;

import dev.tethys.control.text.Texts;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens of agents and users. Without tokens every request is that of an admin.
 *
 * <p>Format of the file: a line {@code ROLE NAME TOKEN [SELECTOR]} each; empty lines and those that
 * begin with {@code #} are ignored. A selector limits a viewer or operator to the agents that it
 * matches. In addition, an OpenID Connect issuer can name users ({@link SignOn}).
 */
public final class Tokens {
  /**
   * Roles; each includes the permissions of those before it, except that agents may only connect.
   */
  public enum Role {
    AGENT,
    VIEWER,
    OPERATOR,
    ADMIN
  }

  public static final Tokens NONE = new Tokens(List.of(), null);

  private static final int MIN_TOKEN = 16;
  private static final int FINGERPRINT_BYTES = 12;

  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Entry(Role role, String name, Selector scope, byte[] digest) {
    AgentToken agent() {
      return new AgentToken(name, HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES));
    }
  }

  private final List<Entry> entries;
  private final @Nullable SignOn signOn;

  private Tokens(List<Entry> entries, @Nullable SignOn signOn) {
    this.entries = entries;
    this.signOn = signOn;
  }

  /** Returns the same tokens, plus those of an issuer. */
  public Tokens with(SignOn issuer) {
    return new Tokens(entries, issuer);
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read or a line is wrong
   */
  public static Tokens read(Path file) throws IOException {
    List<Entry> out = new ArrayList<>();
    int n = 0;
    for (String line : Files.readAllLines(file)) {
      n++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.strip().split("\\s+", 4);
      Role role = parts.length >= 3 ? role(parts[0]) : null;
      if (role == null || parts[2].length() < MIN_TOKEN) {
        throw new IOException(
            file
                + ":"
                + n
                + ": a line must be ROLE NAME TOKEN [SELECTOR], with the role agent, viewer,"
                + " operator or admin and a token of at least "
                + MIN_TOKEN
                + " characters");
      }
      out.add(
          new Entry(
              role,
              parts[1],
              scope(file + ":" + n, role, parts.length < 4 ? "" : parts[3]),
              digest(parts[2])));
    }
    if (out.isEmpty()) {
      throw new IOException(file + " has no token; add a line ROLE NAME TOKEN");
    }
    return new Tokens(List.copyOf(out), null);
  }

  private static Selector scope(String where, Role role, String text) throws IOException {
    if (!text.isEmpty() && role != Role.VIEWER && role != Role.OPERATOR) {
      throw new IOException(where + ": only a viewer or operator can have a selector");
    }
    try {
      return Selector.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(where + ": " + e.getMessage(), e);
    }
  }

  private static @Nullable Role role(String word) {
    for (Role r : Role.values()) {
      if (r.name().toLowerCase(Locale.ROOT).equals(word)) {
        return r;
      }
    }
    return null;
  }

  private static byte[] digest(String token) {
    return Texts.digest(token.getBytes(StandardCharsets.UTF_8));
  }

  boolean isEmpty() {
    return entries.isEmpty() && signOn == null;
  }

  /**
   * Returns the name of the authenticated user.
   *
   * @return "" if there are no tokens
   * @throws HttpException 401 without a known token, 403 where its role is not enough
   */
  public String require(HttpRequest q, Role role) {
    if (isEmpty()) {
      return q.user() == null ? "" : q.user();
    }
    Entry e = find(q);
    if (e == null) {
      throw new HttpException(
          401,
          bearer(q) == null
              ? "a bearer token is required"
              : "the bearer token is unknown; use one of the control plane's --token-file");
    }
    boolean enough = role == Role.AGENT ? e.role == Role.AGENT : e.role.compareTo(role) >= 0;
    if (!enough) {
      throw new HttpException(
          403,
          "the token of "
              + e.name
              + " has the role "
              + e.role.name().toLowerCase(Locale.ROOT)
              + "; this requires "
              + role.name().toLowerCase(Locale.ROOT));
    }
    return e.name;
  }

  /**
   * Returns the token that an agent authenticates with.
   *
   * @throws HttpException 401 or 403 if it has none
   */
  public AgentToken requireAgent(HttpRequest q) {
    require(q, Role.AGENT);
    Entry e = isEmpty() ? null : find(q);
    return e == null ? AgentToken.NONE : e.agent();
  }

  /** Returns the agent tokens. */
  public List<AgentToken> agents() {
    return entries.stream().filter(e -> e.role == Role.AGENT).map(Entry::agent).toList();
  }

  /** Whether a request has a role. */
  public boolean allows(HttpRequest q, Role role) {
    Entry e = isEmpty() ? null : find(q);
    return isEmpty() || e != null && e.role.compareTo(role) >= 0;
  }

  /** Returns the agents that a request may see and change. */
  public Selector scope(HttpRequest q) {
    Entry e = isEmpty() ? null : find(q);
    return e == null ? Selector.ALL : e.scope;
  }

  /**
   * Checks that a change is within the scope of a request.
   *
   * @param what the changed object
   * @param selector agents concerned
   * @throws HttpException 403 if it is not
   */
  public void requireScope(HttpRequest q, String what, Selector selector) {
    Selector scope = scope(q);
    if (!selector.isWithin(scope)) {
      throw new HttpException(
          403, what + " concerns agents outside of the scope of the token: " + scope);
    }
  }

  private @Nullable Entry find(HttpRequest q) {
    String token = bearer(q);
    return token == null ? null : find(token);
  }

  private static @Nullable String bearer(HttpRequest q) {
    String header = q.header("Authorization");
    return header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
        ? header.substring(7).strip()
        : null;
  }

  private @Nullable Entry find(String token) {
    byte[] d = digest(token);
    Entry found = null;
    for (Entry e : entries) { // all of them: the time says nothing about tokens
      found = java.security.MessageDigest.isEqual(d, e.digest) ? e : found;
    }
    return found == null && signOn != null && SignOn.isToken(token)
        ? verified(signOn, token, d)
        : found;
  }

  private static Entry verified(SignOn issuer, String token, byte[] digest) {
    try {
      SignOn.User u = issuer.verify(token);
      return new Entry(u.role(), u.name(), u.scope(), digest);
    } catch (SignOn.RefusedException e) {
      throw new HttpException(401, "the token of the issuer is refused: " + e.getMessage());
    }
  }
}
