/** Loki's HTTP API over a log store and LogQL. */
@NullMarked
package dev.tethys.api.loki;

import org.jspecify.annotations.NullMarked;
