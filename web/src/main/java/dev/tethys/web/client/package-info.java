/**
 * The HTTP client that scraping, discovery and destinations share: authentication, TLS, proxies and
 * redirects as an {@link dev.tethys.config.HttpClientConfig} says.
 */
@NullMarked
package dev.tethys.web.client;

import org.jspecify.annotations.NullMarked;
