package dev.tethys.demo.service;

import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.demo.Shopper;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import dev.tethys.model.exposition.Registry;
import java.util.concurrent.ThreadLocalRandom;

/** Charges cards. */
final class Payment extends ShopService {
  private static final long MAX_CENTS = 100_000_000;

  private final Faults faults;
  private final Registry.Vector<Registry.Counter> charges;

  Payment(OtlpQueue queue, Faults faults) {
    super("payment", queue);
    this.faults = faults;
    charges =
        telemetry()
            .metrics()
            .counters("payment_charges_total", "Charges by card and result.", "card", "result");
    route("POST", "/charge", q -> charge(shopper(q), number(q, "cents", MAX_CENTS)));
  }

  private String charge(Shopper s, long cents) throws ShopException, InterruptedException {
    work(12);
    boolean declined =
        faults.isOn(Fault.ERROR_BURST) && s.card().equals("amex") && s.region().equals("eu-west");
    boolean unlucky = ThreadLocalRandom.current().nextInt(500) == 0;
    charges.with(s.card(), declined || unlucky ? "declined" : "accepted").inc();
    if (declined) {
      throw new ShopException(502, "bank declined " + s.card() + ": issuer unavailable");
    }
    if (unlucky) {
      throw new ShopException(502, "bank did not answer in time");
    }
    log(Severity.INFO, "charged " + cents + " cents to " + s.card() + " of user-" + s.id());
    return "charged";
  }
}
