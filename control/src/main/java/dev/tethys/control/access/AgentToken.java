package dev.tethys.control.access;

/**
 * Agent token, without its secret.
 *
 * @param name name given on the token's line
 * @param fingerprint token fingerprint; "" if agents need no token
 */
public record AgentToken(String name, String fingerprint) {
  /** Placeholder token if agents need none. */
  public static final AgentToken NONE = new AgentToken("", "");
}
