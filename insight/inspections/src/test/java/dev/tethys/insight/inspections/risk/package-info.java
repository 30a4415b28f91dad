@NullMarked
package dev.tethys.insight.inspections.risk;

import org.jspecify.annotations.NullMarked;
