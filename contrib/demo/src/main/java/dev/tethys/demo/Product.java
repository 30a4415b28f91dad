package dev.tethys.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * Shop product.
 *
 * @param cents price in hundredths
 */
public record Product(String id, String name, String category, int cents) {
  /** Product categories. */
  public static final List<String> CATEGORIES =
      List.of("telescopes", "binoculars", "tripods", "books", "eyepieces");

  /** All products. */
  public static final List<Product> ALL = make();

  private static List<Product> make() {
    List<String> makes = List.of("Orion", "Vega", "Lyra", "Cygnus", "Perseus", "Andromeda");
    List<Product> out = new ArrayList<>();
    for (String category : CATEGORIES) {
      for (String make : makes) {
        String id = category.substring(0, 3).toUpperCase(java.util.Locale.ROOT) + "-" + out.size();
        out.add(new Product(id, make + " " + category, category, 1_000 + 350 * out.size()));
      }
    }
    return List.copyOf(out);
  }
}
