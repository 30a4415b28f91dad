/** Tests defined in inspection files. */
@NullMarked
package dev.tethys.insight.inspections.check;

import org.jspecify.annotations.NullMarked;
