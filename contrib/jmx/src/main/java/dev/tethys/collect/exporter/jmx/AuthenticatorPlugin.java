package dev.tethys.collect.exporter.jmx;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Authenticator.Failure;
import com.sun.net.httpserver.Authenticator.Result;
import com.sun.net.httpserver.Authenticator.Retry;
import com.sun.net.httpserver.Authenticator.Success;
import dev.tethys.collect.exporter.CallersSubject;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import javax.security.auth.Subject;

/** Authenticator of the pages in a class of the user, called as by the JDK's HTTP server. */
final class AuthenticatorPlugin {
  private final PageLogin.Plugin settings;
  private final PluginClasses classes;
  private final Authenticator authenticator;
  private final PluginExchange.Context context = new PluginExchange.Context();

  /**
   * Creates one.
   *
   * @throws dev.tethys.config.ConfigException if the class is missing or of another kind
   */
  AuthenticatorPlugin(PageLogin.Plugin settings, PluginClasses classes) {
    this.settings = settings;
    this.classes = classes;
    this.authenticator = classes.make(settings, Authenticator.class);
  }

  PageLogin.Plugin settings() {
    return settings;
  }

  /** Authenticates before a page is shown. */
  HttpHandler guarded(HttpHandler page) {
    return (q, r) -> {
      PluginExchange exchange = new PluginExchange(q, context);
      Result result = classes.call(() -> authenticator.authenticate(exchange.shown()));
      exchange.headersTo(r);
      switch (result) {
        case Success s -> show(page, q, r, exchange);
        case Failure f -> r.status(checked(f.getResponseCode())).send();
        case Retry again -> r.status(checked(again.getResponseCode())).send();
        case null, default ->
            throw new IllegalStateException(
                settings.className() + " neither admits nor refuses a request: " + result);
      }
    };
  }

  /** Checks that a status is final, i.e. at least 200. */
  private int checked(int status) {
    if (status < 200 || status > 599) {
      throw new IllegalStateException(
          settings.className()
              + " refuses a request with "
              + status
              + ", which is not a valid response status");
    }
    return status;
  }

  private void show(HttpHandler page, HttpRequest q, HttpResponse r, PluginExchange exchange)
      throws Exception {
    String attribute = settings.subjectAttribute();
    if (attribute == null) {
      page.handle(q, r);
    } else if (exchange.getAttribute(attribute) instanceof Subject who) {
      CallersSubject.call(
          who,
          () -> {
            page.handle(q, r);
            return null;
          });
    } else {
      r.status(403).send();
    }
  }
}
