/** The server role: scrape, store, query, show. A drop-in for the Prometheus server. */
@NullMarked
package dev.tethys.app.server;

import org.jspecify.annotations.NullMarked;
