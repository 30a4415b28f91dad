export function AlertsPage() {
  return null;
}
export function RulesPage() {
  return null;
}
