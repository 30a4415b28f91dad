/**
 * HTTP client of scraping, discovery and exporters: authentication, TLS, proxies and redirects by
 * an {@link dev.tethys.config.HttpClientConfig}.
 */
@NullMarked
package dev.tethys.web.client;

import org.jspecify.annotations.NullMarked;
