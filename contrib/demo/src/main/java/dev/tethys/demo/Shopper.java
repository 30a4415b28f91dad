package dev.tethys.demo;

import java.util.List;

/**
 * Customer of the shop; the same id has always the same properties.
 *
 * @param card network of the payment card
 * @param currency currency used in orders
 */
public record Shopper(int id, String tier, String region, String card, String currency) {
  /** Returns the number of customers. */
  public static final int COUNT = 500;

  private static final List<String> TIERS = List.of("gold", "silver", "bronze");
  private static final List<String> REGIONS = List.of("eu-west", "us-east", "ap-south");
  private static final List<String> CARDS = List.of("visa", "mastercard", "amex");
  private static final List<String> CURRENCIES = List.of("EUR", "USD", "CHF", "GBP");

  /** Returns the customer with an id. */
  public static Shopper of(int id) {
    int h = (id + 1) * 0x9E3779B1;
    return new Shopper(
        id,
        pick(TIERS, h >>> 4),
        pick(REGIONS, h >>> 9),
        pick(CARDS, h >>> 14),
        pick(CURRENCIES, h >>> 19));
  }

  private static String pick(List<String> of, int h) {
    return of.get(Math.floorMod(h, of.size()));
  }
}
