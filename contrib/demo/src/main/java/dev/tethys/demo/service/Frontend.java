package dev.tethys.demo.service;

import dev.tethys.demo.Product;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Entrance of the shop for customers. */
final class Frontend extends ShopService {
  private final ServiceClient catalog;
  private final ServiceClient cart;

  Frontend(OtlpQueue queue, ServiceClient catalog, ServiceClient cart, ServiceClient checkout) {
    super("frontend", queue);
    this.catalog = catalog;
    this.cart = cart;
    route("GET", "/home", this::home);
    route("GET", "/search", this::search);
    route(
        "GET",
        "/product/{id}",
        q -> catalog.call("GET", "/products/" + escaped(q.pathParam("id"))));
    route(
        "POST",
        "/cart",
        q ->
            cart.call(
                "POST",
                "/cart?user=" + shopper(q).id() + "&product=" + escaped(parameter(q, "product"))));
    route("POST", "/checkout", q -> checkout.call("POST", "/orders?user=" + shopper(q).id()));
  }

  private String home(HttpRequest q) throws IOException, InterruptedException {
    work(2);
    String category = Product.CATEGORIES.get(shopper(q).id() % Product.CATEGORIES.size());
    String products = catalog.call("GET", "/products?category=" + category);
    String mine = cart.call("GET", "/cart?user=" + shopper(q).id());
    return products + "--\n" + mine;
  }

  private String search(HttpRequest q) throws IOException, InterruptedException {
    String category = parameter(q, "category");
    ActiveSpan.current().set("app.product.category", category);
    work(1);
    return catalog.call(
        "GET", "/search?category=" + escaped(category) + "&q=" + escaped(parameter(q, "q")));
  }

  private static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
