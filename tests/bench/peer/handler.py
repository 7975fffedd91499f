"""Stands for the create handler of ran-isenberg/aws-lambda-handler-cookbook.

It imports and builds when it is loaded what that one does: resolver with validation, logger, tracer, metrics,
idempotency on DynamoDB, models.
"""

import os
from http import HTTPStatus
from typing import Annotated, Any

os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")

import boto3
from aws_lambda_env_modeler import get_environment_variables, init_environment_variables
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.serialization.pydantic import PydanticSerializer
from cachetools import TTLCache, cached
from pydantic import BaseModel, Field

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="bench", service="bench")
app = APIGatewayRestResolver(enable_validation=True)
app.enable_swagger(path="/swagger", title="bench")
layer = DynamoDBPersistenceLayer(table_name="bench")
config = IdempotencyConfig(expires_after_seconds=60)
flags = FeatureFlags(store=AppConfigStore(environment="e", application="a", name="n"))


class Environment(BaseModel):
    TABLE_NAME: str = Field(default="bench", min_length=1)


class CreateOrder(BaseModel):
    customer_name: str = Field(min_length=1, max_length=20)
    order_item_count: int = Field(strict=True, gt=0)


class Order(BaseModel):
    name: str
    item_count: int
    id: str


@cached(cache=TTLCache(maxsize=1, ttl=300))
def table(name: str) -> Any:
    return boto3.resource("dynamodb").Table(name)


@idempotent_function(
    data_keyword_argument="order",
    config=config,
    persistence_store=layer,
    output_serializer=PydanticSerializer,
)
@tracer.capture_method(capture_response=False)
def create(order: CreateOrder) -> Order:
    table(get_environment_variables(model=Environment).TABLE_NAME).put_item(Item=order.model_dump())
    return Order(name=order.customer_name, item_count=order.order_item_count, id="1")


@app.exception_handler(ValueError)
def refuse(_error: ValueError) -> Response[str]:
    return Response(HTTPStatus.INTERNAL_SERVER_ERROR, content_types.APPLICATION_JSON, "{}")


@app.post("/api/orders/")
def post(order: Annotated[CreateOrder, Body(embed=False)]) -> Order:
    metrics.add_metric(name="ValidCreateOrderEvents", unit=MetricUnit.Count, value=1)
    return create(order=order)


@init_environment_variables(model=Environment)
@logger.inject_lambda_context()
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)


boto3.resource("dynamodb")
