/** Client libraries of database vendors, measured next to our exporters. */
@NullMarked
package dev.tethys.bench.vendor;

import org.jspecify.annotations.NullMarked;
