package dev.tethys.demo;

/** Fault that can be switched on while the shop runs. */
public enum Fault {
  SLOW_QUERY(
      "slow-query",
      "The database scans all products for searches in the category telescopes: catalog is slow"
          + " there, and frontend with it."),
  ERROR_BURST(
      "error-burst",
      "The bank declines amex cards of region eu-west: payment and checkout fail for them."),
  MEMORY_LEAK(
      "memory-leak",
      "Cart keeps the sessions of all requests until it has to restart, and is slower before."),
  BAD_DEPLOY(
      "bad-deploy",
      "Checkout runs version 2.1.0, which computes its tax table for each order and fails for"
          + " orders in CHF."),
  NETWORK_DELAY(
      "network-delay", "Requests from checkout to shipping take 400 ms longer on the network.");

  private final String id;
  private final String effect;

  Fault(String id, String effect) {
    this.id = id;
    this.effect = effect;
  }

  /** Returns the name used in flags and URLs. */
  public String id() {
    return id;
  }

  /** Describes the effect in one sentence. */
  public String effect() {
    return effect;
  }

  /** Returns the fault with an id. */
  public static java.util.Optional<Fault> of(String id) {
    return java.util.Arrays.stream(values()).filter(f -> f.id.equals(id)).findFirst();
  }
}
