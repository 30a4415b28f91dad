/**
 * Each database as a destination and as a store: written through a pipeline, read back, compared.
 */
@NullMarked
package dev.tethys.app.delivery;

import org.jspecify.annotations.NullMarked;
