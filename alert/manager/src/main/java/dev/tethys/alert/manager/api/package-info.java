/** Alertmanager's HTTP API, version 2. */
@NullMarked
package dev.tethys.alert.manager.api;

import org.jspecify.annotations.NullMarked;
