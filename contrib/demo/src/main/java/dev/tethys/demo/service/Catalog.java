package dev.tethys.demo.service;

import dev.tethys.demo.Product;
import dev.tethys.demo.database.DatabaseClient;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import dev.tethys.model.tracing.ActiveSpan;
import java.io.IOException;
import java.util.List;

/** Products: lists, searches and prices, from the database. */
final class Catalog extends ShopService {
  private final DatabaseClient database;
  private final int databasePort;

  Catalog(OtlpQueue queue, int databasePort) {
    super("catalog", queue);
    this.databasePort = databasePort;
    database = new DatabaseClient(databasePort);
    route("GET", "/products", q -> list(category(parameter(q, "category"))));
    route("GET", "/products/{id}", q -> product(q.pathParam("id")));
    route("GET", "/search", q -> search(category(parameter(q, "category")), parameter(q, "q")));
  }

  private static String category(String name) throws ShopException {
    if (!Product.CATEGORIES.contains(name)) {
      throw new ShopException(404, "no category " + name);
    }
    return name;
  }

  private String list(String category) throws IOException, InterruptedException {
    ActiveSpan.current().set("app.product.category", category);
    work(2);
    return text(select("SELECT id, name, price FROM products WHERE category = '" + category + "'"));
  }

  private String search(String category, String term) throws IOException, InterruptedException {
    ActiveSpan.current().set("app.product.category", category);
    ActiveSpan.current().set("app.search.term", term);
    work(2);
    List<List<String>> rows =
        select(
            "SELECT id, name, price FROM products WHERE category = '"
                + category
                + "' AND name ILIKE '%"
                + term.replaceAll("[^A-Za-z0-9 ]", "")
                + "%'");
    log(Severity.INFO, "search for \"" + term + "\" in " + category + " found " + rows.size());
    return text(rows);
  }

  private String product(String id) throws IOException, InterruptedException {
    if (!id.matches("[A-Z0-9-]{1,20}")) {
      throw new ShopException(400, "product id is not valid");
    }
    ActiveSpan.current().set("app.product.id", id);
    work(1);
    List<List<String>> rows =
        select("SELECT id, name, price FROM products WHERE id = '" + id + "'");
    if (rows.isEmpty()) {
      throw new ShopException(404, "no product " + id);
    }
    return text(rows);
  }

  private List<List<String>> select(String sql) throws IOException, InterruptedException {
    return DatabaseSpans.query(database, databasePort, "SELECT products", sql);
  }

  /** Formats one line per product: ID, name and price, separated by tabs. */
  private static String text(List<List<String>> rows) {
    StringBuilder sb = new StringBuilder();
    rows.forEach(r -> sb.append(String.join("\t", r)).append('\n'));
    return sb.toString();
  }

  @Override
  public void close() throws IOException {
    super.close();
    database.close();
  }
}
