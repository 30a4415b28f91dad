/**
 * Deployments of services, found in the history of entities, and the comparison of all signals
 * before and after one.
 */
@NullMarked
package dev.tethys.insight.deployments;

import org.jspecify.annotations.NullMarked;
