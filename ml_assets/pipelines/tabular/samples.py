"""What each column of the sample rows is for; the rows themselves are made in `shop`, where somebody asks for them."""

import datetime as dt

from ml_assets import Frame
from ml_assets.pipelines.tabular.pipeline import tabular


@tabular.sample(
    event_time="order_ts",
    label="returned_30d",
    label_closes_at="returned_30d_closes_at",
    ids=("order_id", "customer_id"),
    entity="customer_id",
    features=(
        "country",
        "channel",
        "n_lines",
        "n_units",
        "order_value",
        "discount",
        "is_gift",
        "order_seq",
        "days_since_prev",
    ),
)
def orders(first: dt.date, last: dt.date) -> Frame:
    """Orders, some of which are returned within 30 days."""
    from ml_assets.pipelines.tabular import shop

    return shop.orders(first, last)


@tabular.sample(
    event_time="last_order_ts",
    label="churn_90d",
    label_closes_at="churn_90d_closes_at",
    ids=("customer_id",),
    entity="customer_id",
    features=(
        "country",
        "n_orders",
        "total_value",
        "avg_value",
        "recency_days",
        "tenure_days",
        "orders_30d",
        "value_30d",
        "orders_90d",
        "value_90d",
        "n_returns",
    ),
)
def customers(first: dt.date, last: dt.date) -> Frame:
    """Customers on some day, some of whom do not order within 90 days."""
    from ml_assets.pipelines.tabular import shop

    return shop.customers(first, last)
